import { Button } from "@mantine/core";
import { IconZoomReset } from "@tabler/icons-react";
import { type FormEvent, type KeyboardEvent, useRef } from "react";
import classes from "./range.module.css";

interface Props {
  range: [number, number] | null;
  onChange: (range: [number, number] | null) => void;
}

/** The visible part of the horizontal axis, typed: what dragging over a chart does with a mouse. */
export function RangeFields({ range, onChange }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const take = (event?: FormEvent) => {
    event?.preventDefault();
    const [from, to] = ["from", "to"].map((name) => {
      const text = new FormData(form.current ?? undefined).get(name);
      return text === null || text === "" ? Number.NaN : Number(text);
    }) as [number, number];
    // Leaving a field as it was must not round the zoom to what the field shows.
    const touched = `${from},${to}` !== range?.map(shortened).join();
    if (from < to && touched) onChange([from, to]);
  };
  const fields = { type: "number", step: "any", className: classes.bound, onBlur: () => take() };
  // The zoom may have changed elsewhere: then the fields start anew from it.
  const shown = (value: number | undefined) => (value === undefined ? "" : shortened(value));
  const submit = (event: KeyboardEvent) => event.key === "Enter" && take();
  return (
    <form
      ref={form}
      key={range?.join()}
      className={classes.fields}
      onSubmit={take}
      aria-label="Visible part"
    >
      <label>
        from <input {...fields} name="from" defaultValue={shown(range?.[0])} onKeyDown={submit} />
      </label>
      <label>
        to <input {...fields} name="to" defaultValue={shown(range?.[1])} onKeyDown={submit} />
      </label>
      {range && (
        <Button
          size="compact-xs"
          variant="light"
          leftSection={<IconZoomReset size={14} />}
          onClick={() => onChange(null)}
        >
          Whole run
        </Button>
      )}
    </form>
  );
}

function shortened(value: number): string {
  return String(Number(value.toPrecision(4)));
}
