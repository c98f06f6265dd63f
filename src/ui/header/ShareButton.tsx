/** Copies a link that carries the settings: everything that differs from the defaults, and the seed. */
import { Button, Popover } from "@mantine/core";
import { useState } from "react";
import { useDraft } from "../../store/draft.ts";
import { encodeLink } from "../../store/shareLink.ts";
import { Link } from "../shared/icons.tsx";
import classes from "./Header.module.css";

export function ShareButton() {
  const [opened, setOpened] = useState(false);
  const [copied, setCopied] = useState(false);
  const experiment = useDraft((draft) => draft.experiment);
  const hash = encodeLink(experiment);
  const link = `${window.location.href.split("#")[0]}#${hash}`;

  const share = async () => {
    setOpened(true);
    window.history.replaceState(null, "", `#${hash}`);
    // Without a secure context there is no clipboard; the link stands in the box to copy by hand.
    setCopied(
      (await navigator.clipboard?.writeText(link).then(
        () => true,
        () => false,
      )) ?? false,
    );
  };

  return (
    <Popover opened={opened} onChange={setOpened} width={320} position="bottom-end" shadow="md">
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<Link />} onClick={() => void share()}>
          Share
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown}>
        <div className={classes.sheet}>
          <p role="status">
            {copied ? "The link is copied." : "Copy this link:"} It carries every setting that differs from the
            defaults, and the seed.
          </p>
          <textarea
            aria-label="Link"
            readOnly
            rows={3}
            value={link}
            className={classes.link}
            onFocus={(event) => event.currentTarget.select()}
          />
          {experiment.data.kind === "own" && (
            <p>Your data is not in the link. Whoever opens it is asked for “{experiment.data.name}”.</p>
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
