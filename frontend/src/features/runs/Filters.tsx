import {
  Button,
  Checkbox,
  CloseButton,
  MultiSelect,
  Popover,
  Select,
  TextInput,
} from "@mantine/core";
import { IconColumns3, IconSearch, IconTrash } from "@tabler/icons-react";
import { useCatalog } from "@/api/queries";
import { useAddressText } from "@/features/shared/useAddressText";
import { STATES } from "@/lib/runs";
import { COLUMNS } from "./columns";
import classes from "./runs.module.css";

interface Props {
  params: URLSearchParams;
  set: (changes: Record<string, string | string[] | null>) => void;
  names: string[];
  setNames: (names: string[]) => void;
}

export function Filters({ params, set, names, setNames }: Props) {
  const catalog = useCatalog();
  const [text, typed] = useAddressText(params.get("search") ?? "", (value) =>
    set({ search: value || null }),
  );
  const tag = params.get("tag");
  const deleted = params.get("deleted") === "true";
  return (
    <div className={classes.filters}>
      <TextInput
        size="xs"
        w={230}
        leftSection={<IconSearch size={14} />}
        rightSection={
          text && <CloseButton size="xs" aria-label="Clear the search" onClick={() => typed("")} />
        }
        placeholder="Search name, task, tag, notes…"
        aria-label="Search runs"
        value={text}
        onChange={(event) => typed(event.currentTarget.value)}
      />
      <MultiSelect
        size="xs"
        w={180}
        aria-label="States shown"
        placeholder={params.getAll("state").length > 0 ? undefined : "Any state"}
        data={STATES}
        value={params.getAll("state")}
        onChange={(states) => set({ state: states })}
        clearable
      />
      <Select
        size="xs"
        w={150}
        aria-label="Task shown"
        placeholder="Any task"
        data={catalog.data?.tasks.map((t) => t.name) ?? []}
        value={params.get("task")}
        onChange={(task) => set({ task })}
        clearable
        searchable
      />
      <Select
        size="xs"
        w={140}
        aria-label="Algorithm shown"
        placeholder="Any algorithm"
        data={catalog.data?.algorithms.map((a) => a.name) ?? []}
        value={params.get("algorithm")}
        onChange={(algorithm) => set({ algorithm })}
        clearable
      />
      {tag && (
        <Button
          size="xs"
          variant="light"
          rightSection="×"
          aria-label={`Remove the filter tag ${tag}`}
          onClick={() => set({ tag: null })}
        >
          tag: {tag}
        </Button>
      )}
      <Button
        size="xs"
        variant={deleted ? "light" : "default"}
        leftSection={<IconTrash size={15} />}
        aria-pressed={deleted}
        onClick={() => set({ deleted: deleted ? null : "true" })}
      >
        Deleted
      </Button>
      <span className={classes.spring} />
      <Popover position="bottom-end" trapFocus withRoles>
        <Popover.Target>
          <Button size="xs" variant="default" leftSection={<IconColumns3 size={15} />}>
            Columns
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Checkbox.Group label="Columns shown" value={names} onChange={setNames}>
            {COLUMNS.map((column) => (
              <Checkbox
                key={column.name}
                size="xs"
                mt={8}
                value={column.name}
                label={column.title}
              />
            ))}
          </Checkbox.Group>
        </Popover.Dropdown>
      </Popover>
    </div>
  );
}
