/** Mantine's side of the look. Colours that carry meaning are CSS variables in styles/tokens.css. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Ember: everything that is trained, and the one action that trains it. Shade 7 carries white text at contrast 5.3. */
const ember: MantineColorsTuple = [
  "#fff3ea",
  "#fde3d0",
  "#f9c5a1",
  "#f5a46d",
  "#f08744",
  "#e86f26",
  "#d65a15",
  "#bd4a0d",
  "#963b0b",
  "#732d09",
];

export const theme = createTheme({
  primaryColor: "ember",
  primaryShade: { light: 7, dark: 7 },
  colors: { ember },
  defaultRadius: 6,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  cursorType: "pointer",
  respectReducedMotion: true,
});
