import { ActionIcon, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import classes from "./ui.module.css";

/** A snippet that can be copied; long lines scroll, also by keyboard. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <figure className={classes.code} style={{ marginInline: 0 }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus */}
      <section className={classes.codeScroll} tabIndex={0} aria-label={label}>
        <pre>
          <code>{text}</code>
        </pre>
      </section>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <ActionIcon
            className={classes.codeCopy}
            variant="subtle"
            color="gray"
            onClick={copy}
            aria-label={copied ? "Copied" : `Copy: ${label}`}
          >
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        )}
      </CopyButton>
    </figure>
  );
}
