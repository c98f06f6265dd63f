/** Entry of the page: styles, theme, the studio's start, the React root. */
import "./ui/styles/mantine.css";
import "./ui/styles/tokens.css";
import "./ui/styles/page.css";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startStudio } from "./store/studio.ts";
import { App } from "./ui/App.tsx";
import { theme } from "./ui/theme.ts";

const root = document.getElementById("root");
if (!root) throw new Error('index.html has no element with id "root"; expected one to render the page into.');

startStudio();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <App />
    </MantineProvider>
  </StrictMode>,
);
