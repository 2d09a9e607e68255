import { ActionIcon, Menu } from "@mantine/core";
import { IconLogout, IconUser } from "@tabler/icons-react";
import { useSession, useSignOut } from "@/api/queries";

/** Who is signed in, and the way out; nothing where no token is needed. */
export function Account() {
  const session = useSession();
  const signOut = useSignOut();
  if (!session.data?.required || session.data.owner === null) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Signed in as ${session.data.owner}`}
        >
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in as {session.data.owner}</Menu.Label>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
