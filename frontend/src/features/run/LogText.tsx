import classes from "./run.module.css";

/** Lines of a log; scrolls, also by keyboard. */
export function LogText({ lines, label }: { lines: string[]; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus
    <section className={classes.log} tabIndex={0} aria-label={label}>
      <pre>{lines.join("\n")}</pre>
    </section>
  );
}
