import { ActionIcon, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconLink } from "@tabler/icons-react";

/** Copies the address of what is on screen; `shown` says what of it the address holds. */
export function CopyLink({ shown }: { shown: string }) {
  return (
    <Tooltip label="Copy a link to this view">
      <ActionIcon
        variant="default"
        aria-label="Copy a link to this view"
        onClick={() => copyLink(shown)}
      >
        <IconLink size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

/** Browsers keep the clipboard from pages of other machines that come over plain http. */
async function copyLink(shown: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(window.location.href);
    notifications.show({ message: `The link shows ${shown} as you see them.` });
  } catch {
    notifications.show({
      title: "This browser does not let the page copy",
      message: "Copy it from the address bar.",
    });
  }
}
