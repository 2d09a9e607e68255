import { Button, SegmentedControl, Select, Switch } from "@mantine/core";
import { IconFileDownload } from "@tabler/icons-react";
import type { Comparison } from "@/api/compare";
import { X_AXES, type XAxis } from "@/lib/axis";
import { CopyLink } from "../CopyLink";
import { RangeFields } from "../RangeFields";
import classes from "./comparison.module.css";
import type { CompareView } from "./view";

interface Props {
  comparison: Comparison;
  view: CompareView;
  change: (part: Partial<CompareView>) => void;
  report: string;
}

/** How runs are grouped and drawn. */
export function Controls({ comparison, view, change, report }: Props) {
  return (
    <div className={classes.controls}>
      <Select
        label="Group by"
        size="xs"
        classNames={{ root: classes.groupBy, label: classes.groupByLabel }}
        data={comparison.fields.map((f) => ({ value: f.name, label: f.title }))}
        value={comparison.group}
        onChange={(value) => change({ group: value })}
        allowDeselect={false}
        searchable
      />
      <SegmentedControl
        size="xs"
        aria-label="Statistic over seeds"
        data={[
          { value: "mean", label: "mean, 95 %" },
          { value: "iqm", label: "IQM, quartiles" },
        ]}
        value={view.statistic}
        onChange={(value) => change({ statistic: value as CompareView["statistic"] })}
      />
      <SegmentedControl
        size="xs"
        aria-label="Horizontal axis"
        data={[...X_AXES]}
        value={view.x}
        onChange={(value) => change({ x: value as XAxis })}
      />
      <div className={classes.switches}>
        <Switch
          size="xs"
          label="show individual runs"
          checked={view.singles}
          onChange={(event) => change({ singles: event.currentTarget.checked })}
        />
        <Switch
          size="xs"
          label="log y"
          checked={view.logY}
          onChange={(event) => change({ logY: event.currentTarget.checked })}
        />
      </div>
      <RangeFields range={view.range} onChange={(range) => change({ range })} />
      <span className={classes.count}>
        {comparison.shown < comparison.total
          ? `showing ${comparison.shown} of ${comparison.total} runs`
          : `${comparison.total} ${comparison.total === 1 ? "run" : "runs"}`}
        , {comparison.rows.toLocaleString("en")} iterations, min/max-preserving downsampling
      </span>
      <div className={classes.takeAway}>
        <CopyLink shown="groups, axis and zoom" />
        <Button
          size="xs"
          variant="default"
          component="a"
          href={report}
          download
          leftSection={<IconFileDownload size={15} />}
        >
          Report
        </Button>
      </div>
    </div>
  );
}
