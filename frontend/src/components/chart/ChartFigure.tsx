import { ActionIcon, Menu, Modal, Table } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconDots,
  IconEye,
  IconEyeOff,
  IconFileTypeCsv,
  IconPhoto,
  IconTable,
  IconVector,
} from "@tabler/icons-react";
import type { PlotElement } from "plotly.js/lib/core";
import { type ReactNode, useCallback, useId, useMemo, useRef, useState } from "react";
import { useScheme } from "../useScheme";
import classes from "./chart.module.css";
import { download, pictureOf, toCsv, toTable } from "./exports";
import { legendOf, type Plain, switched, type Trace } from "./figure";
import { useChartGroup } from "./group";
import { Plot, type PlotHandlers } from "./Plot";

interface Props extends PlotHandlers {
  title: string;
  summary: string;
  traces: Trace[];
  layout: Plain;
  height?: number;
  /** Said instead of the chart when there is nothing to draw. */
  empty?: ReactNode;
  /** "showing N of M", where history was thinned. */
  part?: string | null;
  fileName: string;
}

/** A chart as a `figure` with a caption: picture, data and table can be taken from its menu. */
export function ChartFigure(props: Props) {
  const { title, summary, traces, layout, height = 260, empty, part, fileName } = props;
  const element = useRef<PlotElement | null>(null);
  const [choice, setChoice] = useState<Record<string, boolean>>({});
  const drawn = useMemo(() => switched(traces, choice), [traces, choice]);
  const curves = layout.showlegend === false ? [] : legendOf(drawn);
  const captionId = useId();
  const group = useChartGroup();
  const keep = useCallback(
    (next: PlotElement | null) => {
      if (element.current) group.leave(element.current);
      if (next) group.join(next);
      element.current = next;
    },
    [group],
  );
  const toggle = (name: string) =>
    setChoice((old) => ({ ...old, [name]: !curves.find((c) => c.name === name)?.shown }));
  /** Only this curve; all of them when it is alone already. */
  const single = (name: string) => {
    const alone = curves.every((c) => c.shown === (c.name === name));
    setChoice(Object.fromEntries(curves.map((c) => [c.name, alone || c.name === name])));
  };
  return (
    <figure className={classes.figure} aria-labelledby={captionId}>
      <figcaption className={classes.caption} id={captionId}>
        <h3>{title}</h3>
        <span className="visually-hidden">{summary}</span>
        {part && <span className={classes.part}>{part}</span>}
        <ChartMenu {...{ title, fileName, traces, layout, element, curves, toggle }} />
      </figcaption>
      {empty ? (
        <div className={classes.note} style={{ minHeight: height }}>
          {empty}
        </div>
      ) : (
        <Plot
          traces={drawn}
          layout={layout}
          height={height}
          onRange={props.onRange}
          onPick={props.onPick}
          onLegend={(name, alone) => (alone ? single(name) : toggle(name))}
          onElement={keep}
        />
      )}
    </figure>
  );
}

interface MenuProps {
  title: string;
  fileName: string;
  traces: Trace[];
  layout: Plain;
  element: { current: PlotElement | null };
  /** What the legend lists: the menu switches it too, for the keyboard. */
  curves: { name: string; shown: boolean }[];
  toggle: (name: string) => void;
}

function ChartMenu(props: MenuProps) {
  const { title, fileName, traces, layout, element, curves, toggle } = props;
  const scheme = useScheme();
  const [opened, { open, close }] = useDisclosure(false);
  const picture = async (format: "png" | "svg") => {
    if (!element.current) return;
    const { default: engine } = await import("./engine");
    const { figure, size } = pictureOf(element.current, title, scheme);
    const url = await engine.toImage(figure, { format, ...size, scale: 2 });
    download(`${fileName}.${format}`, url);
  };
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Save or list: ${title}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPhoto size={15} />} onClick={() => picture("png")}>
            Picture (PNG)
          </Menu.Item>
          <Menu.Item leftSection={<IconVector size={15} />} onClick={() => picture("svg")}>
            Drawing (SVG)
          </Menu.Item>
          <Menu.Item
            leftSection={<IconFileTypeCsv size={15} />}
            onClick={() => download(`${fileName}.csv`, toCsv(traces, layout))}
          >
            Data (CSV)
          </Menu.Item>
          <Menu.Item leftSection={<IconTable size={15} />} onClick={open}>
            Show as table
          </Menu.Item>
          {curves.length > 1 && <Menu.Divider />}
          {curves.length > 1 &&
            curves.map(({ name, shown }) => (
              <Menu.Item
                key={name}
                leftSection={shown ? <IconEyeOff size={15} /> : <IconEye size={15} />}
                onClick={() => toggle(name)}
              >
                {shown ? "Hide" : "Show"} {name}
              </Menu.Item>
            ))}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={opened}
        onClose={close}
        title={title}
        size="xl"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {opened && <DataTable traces={traces} layout={layout} title={title} />}
      </Modal>
    </>
  );
}

const MOST_ROWS = 500;

interface TableProps {
  traces: Trace[];
  layout: Plain;
  title: string;
}

function DataTable({ traces, layout, title }: TableProps) {
  const { head, rows } = toTable(traces, layout);
  const shown = rows.slice(-MOST_ROWS);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus
    <section className={classes.tableWrap} tabIndex={0} aria-label={`${title} as a table`}>
      {rows.length > shown.length && (
        <p className={classes.part}>
          The last {shown.length} of {rows.length} rows; the CSV has them all.
        </p>
      )}
      <Table stickyHeader striped>
        <Table.Thead>
          <Table.Tr>
            {head.map((name) => (
              <Table.Th key={name} scope="col">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((row) => (
            <Table.Tr key={row[0]}>
              {row.map((cell, i) => (
                <Table.Td key={head[i]}>{cell}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
