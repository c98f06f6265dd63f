/** Light or dark; until it is chosen the page follows the system. */
import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Moon, Sun } from "../shared/icons.tsx";

export function ColourScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon variant="default" size={30} aria-label={`Use ${other} colours`} onClick={() => setColorScheme(other)}>
      {scheme === "dark" ? <Sun /> : <Moon />}
    </ActionIcon>
  );
}
