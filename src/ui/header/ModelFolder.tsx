/** Opens a model from a folder of files: by picker or by dropping the folder here. Files stay on this machine. */
import { Button } from "@mantine/core";
import { useRef, useState, type DragEvent } from "react";
import { droppedFiles } from "../../lib/droppedFiles.ts";
import { openModelFolder } from "../../store/studio.ts";
import classes from "./Header.module.css";

export function ModelFolder() {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const open = (files: readonly File[]) => {
    const name = files[0]?.webkitRelativePath.split("/")[0];
    if (files.length > 0) void openModelFolder(name || "opened-model", files);
  };
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const { name, files } = await droppedFiles(event.dataTransfer);
    if (files.length > 0) void openModelFolder(name, files);
  };
  return (
    <div
      className={classes.drop}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => void drop(event)}
    >
      <Button variant="default" size="xs" onClick={() => input.current?.click()}>
        Open a model folder…
      </Button>
      <p>or drop one here: config.json, tokenizer.json and model.safetensors of a BERT or GPT-2 model</p>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label="Model folder"
        // React knows no property for picking folders; the attribute works in every current browser.
        {...{ webkitdirectory: "" }}
        onChange={(event) => open([...(event.currentTarget.files ?? [])])}
      />
    </div>
  );
}
