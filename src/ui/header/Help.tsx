/** What this page is, in half a minute. */
import { ActionIcon, Modal } from "@mantine/core";
import { useState } from "react";
import { defaultMethod } from "../../config/experiment.ts";
import { methodDescriptions, methodKinds } from "../../methods/index.schema.ts";
import { studioVersion } from "../../store/environment.ts";
import { Question } from "../shared/icons.tsx";
import { Stack } from "../stack/Stack.tsx";
import { stackPicture } from "../stack/stackCells.ts";
import classes from "./Help.module.css";

const picture = stackPicture({ ...defaultMethod("prefix-tuning") }, 3);

export function Help() {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <ActionIcon variant="default" size={30} aria-label="Help" onClick={() => setOpened(true)}>
        <Question />
      </ActionIcon>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title="How to read this page"
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
        attributes={{ header: { role: "presentation" } }}
      >
        <div className={classes.help}>
          <div className={classes.figure}>
            <Stack picture={picture} tokens={12} />
          </div>
          <p>
            A small language model stays <b>frozen</b>: its numbers, drawn <span className={classes.frozen}>grey</span>,
            never change. What is <b>trained</b>, drawn <span className={classes.trained}>ember</span>, is a handful of
            virtual tokens in front of the text and a linear head that reads the answer. Each row is a layer; the input
            is at the bottom.
          </p>
          <p>
            Choose how long the prompt is and which layers carry it, and press <b>Train</b>. While it trains, a slot
            glows by how far it has moved from its start, and the small bar at a row&apos;s end is the size of its
            gradient.
          </p>
          <dl className={classes.methods}>
            {methodKinds.map((kind) => {
              const { label, term, summary, source } = methodDescriptions[kind];
              return (
                <div key={kind}>
                  <dt>
                    {label} <small>{term}</small>
                  </dt>
                  <dd>
                    {summary} <small>{source}</small>
                  </dd>
                </div>
              );
            })}
          </dl>
          <p className={classes.small}>
            Everything runs on this machine; texts, models and results leave it only when you download or share them.
            Softprompt Studio {studioVersion}, MIT licence.
          </p>
        </div>
      </Modal>
    </>
  );
}
