/** Opens a model from a folder of files: by picker or by dropping the folder here. Files stay on this machine. */
import { Button } from "@mantine/core";
import { useRef } from "react";
import { pickedFiles, type DroppedFiles } from "../../lib/droppedFiles.ts";
import { openModelFolder } from "../../store/studio.ts";
import { useFileDrop } from "../hooks/useFileDrop.ts";
import classes from "./Header.module.css";

export function ModelFolder() {
  const input = useRef<HTMLInputElement>(null);
  const open = ({ name, files }: DroppedFiles) => {
    if (files.length > 0)
      void openModelFolder(
        name,
        files.map(({ file }) => file),
      );
  };
  const drop = useFileDrop(open);
  return (
    <div className={classes.drop} {...drop}>
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
        onChange={(event) => open(pickedFiles(event.currentTarget.files))}
      />
    </div>
  );
}
