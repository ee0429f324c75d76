/** What the agent can do. Each tool reads the documents and facts as they are when its step's turn comes. */
export type Step =
  | { readonly tool: "greet" }
  | { readonly tool: "list" }
  | { readonly tool: "answer"; readonly question: string }
  | { readonly tool: "mentions"; readonly phrase: string }
  | { readonly tool: "quote"; readonly from: string; readonly subject: string }
  | { readonly tool: "lines"; readonly from: string; readonly first: number; readonly last: number }
  | { readonly tool: "summarise"; readonly from: string; readonly sentences: number }
  | { readonly tool: "compare"; readonly which: string }
  | { readonly tool: "measure"; readonly question: string }
  | { readonly tool: "size"; readonly from: string }
  | { readonly tool: "remember"; readonly fact: string }
  | { readonly tool: "remember-result" }
  | { readonly tool: "recall"; readonly about: string }
  | { readonly tool: "forget"; readonly about: string };

/** One run: a request, the steps it was taken apart into, and how far they are. */
export interface Plan {
  readonly run: string;
  readonly request: string;
  readonly steps: readonly Step[];
  /** The step whose turn it is, from 0; `steps.length` when all are done. */
  readonly next: number;
}

/** A step in words, as the page shows it. */
export function describeStep(step: Step): string {
  switch (step.tool) {
    case "greet":
      return "say what I can do";
    case "list":
      return "list the documents";
    case "answer":
      return `search for “${step.question}”`;
    case "mentions":
      return `find where “${step.phrase}” is mentioned`;
    case "quote":
      return `quote ${step.from} on ${step.subject}`;
    case "lines":
      return `show lines ${step.first} to ${step.last} of ${step.from}`;
    case "summarise":
      return `summarise ${step.from}`;
    case "compare":
      return `compare ${step.which}`;
    case "measure":
      return `work out “${step.question}”`;
    case "size":
      return `measure ${step.from}`;
    case "remember":
      return `remember “${step.fact}”`;
    case "remember-result":
      return "remember the result";
    case "recall":
      return step.about === "" ? "recall everything" : `recall ${step.about}`;
    case "forget":
      return `forget ${step.about}`;
  }
}
