/** How far an adapter is that is being opened, what is worth knowing of it, or why it cannot be used. */
import { useOpening } from "../../store/openAdapter.ts";
import { useSession } from "../../store/session.ts";
import { Message } from "../shared/Message.tsx";
import { ProgressBar } from "../shared/ProgressBar.tsx";

export function OpenedNotes() {
  const { opening, note, forgetNote } = useOpening();
  const problem = useSession(({ problems }) => problems.adapter);
  const report = useSession((session) => session.report);
  return (
    <>
      {opening && (
        <div role="status">
          <ProgressBar
            words={
              opening.total === 0
                ? `Reading ${opening.name}`
                : `${opening.name}: ${opening.done} of ${opening.total} examples`
            }
            label="Opening the adapter"
            value={opening.done}
            max={Math.max(1, opening.total)}
          />
        </div>
      )}
      {problem && (
        <Message kind="problem" onDismiss={() => report("adapter", undefined)}>
          {problem}
        </Message>
      )}
      {note && (
        <Message kind="note" onDismiss={forgetNote}>
          {note}
        </Message>
      )}
    </>
  );
}
