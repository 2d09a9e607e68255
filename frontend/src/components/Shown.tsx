import classes from "./ui.module.css";

/** Says that a list is only part of the whole; nothing when it is all of it. */
export function Shown({ count, total }: { count: number; total: number }) {
  if (count >= total) return null;
  return (
    <p className={classes.shown}>
      Showing {count.toLocaleString("en")} of {total.toLocaleString("en")}.
    </p>
  );
}
