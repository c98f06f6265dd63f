/** The page's few icons, drawn on a 16-pixel grid. Decoration only: the control that holds one carries the name. */
import type { ReactNode } from "react";

function Icon({ children, filled = false }: { readonly children: ReactNode; readonly filled?: boolean }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      aria-hidden="true"
      fill={filled ? "currentColor" : "none"}
      stroke={filled ? "none" : "currentColor"}
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

export const Play = () => <Icon filled>{<path d="M4 2.5v11l9-5.5z" />}</Icon>;
export const PauseBars = () => <Icon filled>{<path d="M4 3h3v10H4zM9 3h3v10H9z" />}</Icon>;
export const StepForward = () => <Icon filled>{<path d="M3 3v10l7-5zM11 3h2v10h-2z" />}</Icon>;
export const StopSquare = () => <Icon filled>{<path d="M3.5 3.5h9v9h-9z" />}</Icon>;
export const Cross = () => <Icon>{<path d="m4 4 8 8M12 4l-8 8" />}</Icon>;
export const Dots = () => (
  <Icon filled>
    {
      <path d="M3 6.6a1.4 1.4 0 1 1 0 2.8 1.4 1.4 0 0 1 0-2.8m5 0a1.4 1.4 0 1 1 0 2.8 1.4 1.4 0 0 1 0-2.8m5 0a1.4 1.4 0 1 1 0 2.8 1.4 1.4 0 0 1 0-2.8" />
    }
  </Icon>
);
export const Moon = () => <Icon>{<path d="M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5" />}</Icon>;
export const Sun = () => (
  <Icon>
    {
      <path d="M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6" />
    }
  </Icon>
);
export const Link = () => (
  <Icon>
    {
      <path d="M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2A2.6 2.6 0 0 0 9 3.3l-.7.7M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l.7-.7" />
    }
  </Icon>
);
export const Chevron = () => <Icon>{<path d="m4.5 6.5 3.5 3.5 3.5-3.5" />}</Icon>;
export const ChevronLeft = () => <Icon>{<path d="M9.5 4.5 6 8l3.5 3.5" />}</Icon>;
export const ChevronRight = () => <Icon>{<path d="M6.5 4.5 10 8l-3.5 3.5" />}</Icon>;
export const Undo = () => <Icon>{<path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7M3 6.5l3-3M3 6.5l3 3" />}</Icon>;
export const Chip = () => (
  <Icon>
    {<path d="M4 4h8v8H4zM6.5 1.8V4M9.5 1.8V4M6.5 12v2.2M9.5 12v2.2M1.8 6.5H4M1.8 9.5H4M12 6.5h2.2M12 9.5h2.2" />}
  </Icon>
);
export const Layers = () => <Icon>{<path d="m8 2 6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3" />}</Icon>;
export const Rows = () => <Icon>{<path d="M2.5 3.5h11M2.5 8h11M2.5 12.5h7" />}</Icon>;
export const Question = () => <Icon>{<path d="M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M8 12.2v.1" />}</Icon>;
