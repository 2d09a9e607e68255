import { useEffect, useRef } from "react";
import classes from "./run.module.css";

/** How near to the end one counts as reading the newest lines, in pixels. */
const NEAR = 24;

interface Props {
  lines: string[];
  label: string;
  /** Index of the line to mark and to scroll to; -1 for none: then the end is shown. */
  marked?: number;
}

/** Lines of a log; scrolls, also by keyboard. New lines move nobody who has scrolled away. */
export function LogText({ lines, label, marked = -1 }: Props) {
  const box = useRef<HTMLElement>(null);
  const mark = useRef<HTMLElement>(null);
  const atEnd = useRef(true);
  const line = lines[marked];
  // biome-ignore lint/correctness/useExhaustiveDependencies: to the same line only once
  useEffect(() => {
    const [area, target] = [box.current, mark.current];
    if (area && target) area.scrollTop = target.offsetTop - area.clientHeight / 2;
    else atEnd.current = true;
  }, [line]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with every new line
  useEffect(() => {
    if (box.current && !mark.current && atEnd.current)
      box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <section
      ref={box}
      className={classes.log}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus
      tabIndex={0}
      aria-label={label}
      onScroll={({ currentTarget: area }) => {
        atEnd.current = area.scrollHeight - area.scrollTop - area.clientHeight < NEAR;
      }}
    >
      <pre>
        {line === undefined ? (
          lines.join("\n")
        ) : (
          <>
            {text(lines.slice(0, marked))}
            <mark ref={mark}>{line}</mark>
            {`\n${lines.slice(marked + 1).join("\n")}`}
          </>
        )}
      </pre>
    </section>
  );
}

function text(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
