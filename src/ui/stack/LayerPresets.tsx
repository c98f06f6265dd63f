/** All, top half, bottom half, top 1: the choices of layers that people compare first. */
import classes from "./LayerPicker.module.css";

interface LayerPresetsProps {
  readonly layers: number;
  readonly chosen: readonly number[];
  readonly onChange: (layers: readonly number[]) => void;
}

export function LayerPresets({ layers, chosen, onChange }: LayerPresetsProps) {
  const all = Array.from({ length: layers }, (_, index) => index + 1);
  const half = Math.ceil(layers / 2);
  const presets = [
    { name: "All", choice: all },
    { name: "Top half", choice: all.slice(layers - half) },
    { name: "Bottom half", choice: all.slice(0, half) },
    { name: "Top 1", choice: all.slice(-1) },
  ];
  return (
    <div className={classes.presets}>
      {presets.map(({ name, choice }) => (
        <button
          key={name}
          type="button"
          className={classes.preset}
          aria-pressed={choice.join() === chosen.join()}
          onClick={() => onChange(choice)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
