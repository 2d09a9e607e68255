import { ActionIcon, type MantineColorScheme, Tooltip, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";

const NEXT: Record<MantineColorScheme, MantineColorScheme> = {
  auto: "light",
  light: "dark",
  dark: "auto",
};
const WORDS = { auto: "as the system", light: "light", dark: "dark" };
const ICONS = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon };

/** Light, dark, or as the system has it. */
export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = ICONS[colorScheme];
  const words = `Colours: ${WORDS[colorScheme]}; change to ${WORDS[NEXT[colorScheme]]}`;
  return (
    <Tooltip label={words}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={words}
        onClick={() => setColorScheme(NEXT[colorScheme])}
      >
        <Icon size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
