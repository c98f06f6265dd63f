/** The top of the bench: name, model, data, device, and what concerns the whole page. */
import { ColourScheme } from "./ColourScheme.tsx";
import { DataChip } from "./DataChip.tsx";
import { DeviceChip } from "./DeviceChip.tsx";
import { Help } from "./Help.tsx";
import { ModelChip } from "./ModelChip.tsx";
import { ShareButton } from "./ShareButton.tsx";
import classes from "./Header.module.css";

export function Header() {
  return (
    <header className={classes.header}>
      <h1 className={classes.name}>
        <Mark />
        Softprompt Studio
      </h1>
      <div className={classes.chips}>
        <ModelChip />
        <DataChip />
        <span className={classes.space} />
        <DeviceChip />
      </div>
      <div className={classes.actions}>
        <ShareButton />
        <ColourScheme />
        <Help />
      </div>
    </header>
  );
}

/** The signature in the smallest size: two trained slots before a frozen row, three rows high. */
function Mark() {
  return (
    <svg width="22" height="18" viewBox="0 0 22 18" aria-hidden="true" className={classes.mark}>
      {[0, 1, 2].map((row) =>
        [0, 1, 2, 3, 4].map((cell) => (
          <rect
            key={cell}
            x={cell * 4.5}
            y={row * 6.5}
            width="3.5"
            height="5"
            rx="1"
            data-trained={cell < 2 || undefined}
          />
        )),
      )}
    </svg>
  );
}
