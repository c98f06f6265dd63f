/** One source of examples: choose a file or paste, map the columns if their names are unusual, see what is wrong where. */
import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useRef } from "react";
import type { ColumnMap } from "../../lib/examples/parseExamples.ts";
import { readExamplesAs, type ExampleKind, type ReadExamples } from "../../lib/examples/readExamples.ts";
import { Message } from "../shared/Message.tsx";
import { KIND_WORDS } from "./exampleWords.ts";
import classes from "./OwnDataDialog.module.css";

export interface SourceState {
  readonly name: string;
  readonly text: string;
  /** Which column is which, where the visitor had to say. */
  readonly columns?: ColumnMap;
  readonly parsed: ReadExamples | undefined;
}

export const NOTHING: SourceState = { name: "", text: "", parsed: undefined };

/** The source with its text read as this kind. An empty box is nothing yet; an empty file is a mistake worth telling. */
export async function readSource(source: SourceState, kind: ExampleKind): Promise<SourceState> {
  const { name, text, columns } = source;
  if (text === "" && name === "") return NOTHING;
  return { ...source, parsed: await readExamplesAs(kind, name || "The pasted text", text, columns) };
}

interface ExamplesSourceProps {
  readonly title: string;
  /** What the text is read as. */
  readonly kind: ExampleKind;
  readonly state: SourceState;
  /** Takes a source that is not read yet. */
  readonly onChange: (state: SourceState) => Promise<void>;
}

/** More than this is not put into the text box: the browser would crawl. */
const SHOWN_CHARACTERS = 20_000;

export function ExamplesSource({ title, kind, state, onChange }: ExamplesSourceProps) {
  const file = useRef<HTMLInputElement>(null);
  const read = (name: string, text: string, columns?: ColumnMap) =>
    onChange({ name, text, parsed: undefined, ...(columns && { columns }) });
  const open = async (chosen: File | undefined) => chosen && read(chosen.name, await chosen.text());
  const { parsed, text, name } = state;
  return (
    <div
      className={classes.source}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void open(event.dataTransfer.files[0]);
      }}
    >
      <Textarea
        label={title}
        placeholder={KIND_WORDS[kind].sample}
        rows={6}
        value={text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}\n…` : text}
        readOnly={text.length > SHOWN_CHARACTERS}
        onChange={(event) => void read("", event.currentTarget.value)}
        spellCheck={false}
      />
      <div className={classes.fileRow}>
        <Button variant="default" size="xs" onClick={() => file.current?.click()}>
          Open a file…
        </Button>
        <span>{name || "or drop one here"}</span>
        <input
          ref={file}
          type="file"
          hidden
          aria-label={`${title} file`}
          accept=".csv,.tsv,.tab,.jsonl,.ndjson,.json,.txt,.conll,.bio,.iob"
          onChange={(event) => void open(event.currentTarget.files?.[0])}
        />
      </div>
      {parsed?.kind === "problem" && <Message kind="problem">{parsed.message}</Message>}
      {parsed?.kind === "columns-needed" && (
        <Columns parsed={parsed} onChoose={(columns) => void read(name, text, columns)} />
      )}
    </div>
  );
}

type ColumnsNeeded = Extract<ReadExamples, { readonly kind: "columns-needed" }>;

function Columns({
  parsed,
  onChoose,
}: {
  readonly parsed: ColumnsNeeded;
  readonly onChoose: (map: ColumnMap) => void;
}) {
  const form = useRef<HTMLFormElement>(null);
  const submit = () => {
    if (!form.current) return;
    const chosen = new FormData(form.current);
    const value = (name: string) => {
      const entry = chosen.get(name);
      return typeof entry === "string" ? entry : "";
    };
    const textPair = value("textPair");
    onChoose({ text: value("text"), label: value("label"), ...(textPair && { textPair }) });
  };
  return (
    <Message kind="problem">
      <p>{parsed.message}</p>
      <form ref={form} className={classes.columns} onSubmit={(event) => event.preventDefault()}>
        <NativeSelect size="xs" name="text" label="Text" data={[...parsed.columns]} defaultValue={parsed.guess.text} />
        <NativeSelect
          size="xs"
          name="label"
          label="Label"
          data={[...parsed.columns].reverse()}
          defaultValue={parsed.guess.label}
        />
        <NativeSelect
          size="xs"
          name="textPair"
          label="Second text"
          data={[{ value: "", label: "none" }, ...parsed.columns]}
        />
        <Button size="xs" onClick={submit}>
          Use these columns
        </Button>
      </form>
    </Message>
  );
}
