/** Tokens in the order of the model's rows; of a long prompt only the first slots. Tags and answers stand under their tokens. */
import type { CSSProperties } from "react";
import { runStyle } from "../../lib/runColours.ts";
import type { TokenView } from "../../worker/protocol.ts";
import { tagTypes, typeOf } from "./tagGroups.ts";
import classes from "./TryIt.module.css";

/** Longer prompts are shown as this many slots and a count. */
const MOST_SLOTS = 16;

export function TokenList({ tokens }: { readonly tokens: readonly TokenView[] }) {
  const types = tagTypes(tokens.flatMap(({ mark }) => mark ?? []));
  return (
    <ol className={classes.tokens}>
      {shownTokens(tokens).map((token, index) =>
        typeof token === "string" ? (
          <li key={index} className={classes.more}>
            {token}
          </li>
        ) : (
          <Token key={index} token={token} types={types} />
        ),
      )}
    </ol>
  );
}

function Token({ token, types }: { readonly token: TokenView; readonly types: readonly string[] }) {
  const { kind, text, type, mark } = token;
  const place = types.indexOf(typeOf(mark ?? "") ?? "");
  const colour: CSSProperties & Partial<Record<"--tag", string>> = place < 0 ? {} : { "--tag": runStyle(place).colour };
  return (
    <li
      className={classes.token}
      data-kind={kind}
      data-second={type === 1 || undefined}
      data-marked={place >= 0 || undefined}
      style={colour}
      title={tokenTitle(token)}
    >
      {kind === "slot" ? <span className="visually-hidden">slot</span> : text}
      {place >= 0 && <small>{mark}</small>}
    </li>
  );
}

/** All tokens, but of a long prompt only the first slots and how many follow. */
function shownTokens(tokens: readonly TokenView[]): (TokenView | string)[] {
  const hidden = tokens.filter(({ kind }) => kind === "slot").length - MOST_SLOTS;
  if (hidden <= 0) return [...tokens];
  let slots = 0;
  return tokens.flatMap((token): (TokenView | string)[] => {
    if (token.kind !== "slot") return [token];
    slots++;
    if (slots <= MOST_SLOTS) return [token];
    return slots === MOST_SLOTS + 1 ? [`+ ${hidden}`] : [];
  });
}

function tokenTitle({ kind, text, id, mark }: TokenView): string {
  if (kind === "slot") return "A virtual token: trained numbers, no word";
  if (kind === "unknown") return `${text}: not in the vocabulary`;
  return mark === undefined ? `${text}, number ${id}` : `${text}, number ${id}: ${mark}`;
}
