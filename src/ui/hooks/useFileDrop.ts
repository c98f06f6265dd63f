/** Makes an element take dropped files and folders. */
import { useState, type DragEvent } from "react";
import { droppedFiles, type DroppedFiles } from "../../lib/droppedFiles.ts";

/**
 * Properties for the element; `data-over` stands while files are held above it.
 * @param depth how many levels of a dropped folder are opened
 */
export function useFileDrop(take: (files: DroppedFiles) => void, depth = 1) {
  const [over, setOver] = useState(false);
  return {
    "data-over": over || undefined,
    onDragOver(event: DragEvent) {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave({ currentTarget, relatedTarget }: DragEvent) {
      // Moving over a child is no leaving.
      if (!(relatedTarget instanceof Node) || !currentTarget.contains(relatedTarget)) setOver(false);
    },
    onDrop(event: DragEvent) {
      event.preventDefault();
      setOver(false);
      void droppedFiles(event.dataTransfer, depth).then(take);
    },
  };
}
