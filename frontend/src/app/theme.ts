import { createTheme, type MantineColorsTuple } from "@mantine/core";

const brand: MantineColorsTuple = [
  "#eef3ff",
  "#dce6fd",
  "#b8cbf8",
  "#90adf3",
  "#6c92ee",
  "#4f7bea",
  "#2f5fd0",
  "#274fb0",
  "#204191",
  "#193373",
];
const dark: MantineColorsTuple = [
  "#e6eaf0",
  "#b9c1cd",
  "#98a2b1",
  "#6b7686",
  "#3a4453",
  "#2a3341",
  "#1d2430",
  "#151b24",
  "#0f141b",
  "#0a0e13",
];

/** The one design: everything else takes its sizes and colours from here and from tokens.css. */
export const theme = createTheme({
  primaryColor: "brand",
  primaryShade: 6,
  colors: { brand, dark },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  headings: {
    fontWeight: "640",
    sizes: {
      h1: { fontSize: "22px", lineHeight: "1.25" },
      h2: { fontSize: "15px", lineHeight: "1.35" },
      h3: { fontSize: "14px", lineHeight: "1.4" },
    },
  },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "12px", xl: "20px" },
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm" } },
    Notification: { styles: { description: { color: "var(--cl-muted)" } } },
    // A menu holds nothing but its items, and opens with the first of them focused.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Tooltip: {
      defaultProps: {
        withArrow: true,
        openDelay: 300,
        events: { hover: true, focus: true, touch: true },
      },
    },
    Table: { defaultProps: { verticalSpacing: 8, horizontalSpacing: 12 } },
  },
});
