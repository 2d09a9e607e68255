import { useEffect, useState } from "react";
import { ago, exactTime } from "@/lib/format";
import { Hint } from "./Hint";

/** A moment in words, the exact local time on hover and focus; the words keep up. */
export function Time({ at }: { at: string }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 20_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <Hint label={exactTime(at)}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the exact time is for the keyboard too */}
      <time dateTime={at} tabIndex={0}>
        {ago(at, now)}
      </time>
    </Hint>
  );
}
