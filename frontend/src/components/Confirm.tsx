import { Button, Group, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";

interface Props {
  title: string;
  body: ReactNode;
  /** The word on the confirming button: what will happen. */
  action: string;
  onConfirm: () => void;
  /** The button that asks. */
  children: (ask: () => void) => ReactNode;
}

/** Asks before something that loses work. */
export function Confirm({ title, body, action, onConfirm, children }: Props) {
  const [opened, { open, close }] = useDisclosure(false);
  const confirm = () => {
    close();
    onConfirm();
  };
  return (
    <>
      {children(open)}
      <Modal
        opened={opened}
        onClose={close}
        title={title}
        centered
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Text size="sm" c="dimmed" component="div">
          {body}
        </Text>
        <Group justify="flex-end" mt="lg">
          {/* A second Enter by habit must not lose work. */}
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button color="red.8" onClick={confirm}>
            {action}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
