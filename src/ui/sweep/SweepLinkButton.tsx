/** Copies a link that carries the settings of the page and the sweep over them. */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { Sweep } from "../../config/sweep.ts";
import { useDraft } from "../../store/draft.ts";
import { encodeSweepLink } from "../../store/shareLink.ts";
import classes from "./Sweep.module.css";

export function SweepLinkButton({ sweep }: { readonly sweep: Sweep | undefined }) {
  const [told, setTold] = useState("");
  const share = async (shared: Sweep) => {
    window.history.replaceState(null, "", `#${encodeSweepLink(useDraft.getState().experiment, shared)}`);
    // Without a secure context there is no clipboard; the address bar has the link all the same.
    const copied = await navigator.clipboard?.writeText(window.location.href).then(
      () => true,
      () => false,
    );
    setTold(copied ? "The link is copied." : "The link stands in the address bar.");
  };
  return (
    <>
      <Button size="xs" variant="default" disabled={sweep === undefined} onClick={() => sweep && void share(sweep)}>
        Share link
      </Button>
      <span role="status" className={classes.told}>
        {told}
      </span>
    </>
  );
}
