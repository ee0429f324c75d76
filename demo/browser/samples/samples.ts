import { makeDocument } from "../agent/document.ts";
import deployNotes from "./deploy-notes.txt?raw";
import meetingNotes from "./meeting-notes.md?raw";
import members from "./members.json?raw";
import harbour from "./proposal-harbour.md?raw";
import orchard from "./proposal-orchard.md?raw";
import spending from "./spending.csv?raw";

/** Documents to try it with. One holds a key that no hook should let pass, three hold addresses. */
export const SAMPLES = [
  makeDocument("proposal-harbour.md", harbour),
  makeDocument("proposal-orchard.md", orchard),
  makeDocument("spending.csv", spending),
  makeDocument("meeting-notes.md", meetingNotes),
  makeDocument("members.json", members),
  makeDocument("deploy-notes.txt", deployNotes),
];
