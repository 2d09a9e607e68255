import { useComputedColorScheme } from "@mantine/core";
import type { Scheme } from "@/lib/palette";

/** The scheme in force, whoever chose it. */
export function useScheme(): Scheme {
  return useComputedColorScheme("light", { getInitialValueInEffect: false });
}
