import { isRegistryFault, type RegistryFault } from "@poplar/maildrop";
import type { z } from "zod";
import { type Actor, theServer } from "./actor.ts";
import { faultOfRegistry, isOperationFault, type OperationFault } from "./operation-fault.ts";
import { type Reached, whyNotPermitted } from "./permit.ts";
import type { OperationPorts } from "./ports.ts";
import type { OperationName } from "./role-table.ts";

/** A use case: one thing that somebody can do beside POP. */
export interface Operation<Input, Output> {
  /** e.g. `add-login`; in the events, the audit and the table of roles. */
  readonly name: OperationName;
  /** Checks, and brings names into their canonical form. */
  readonly inputSchema: z.ZodType<unknown, Input>;
  /** The program itself does it. Checks the input, and reports a change. Rejects on bugs only. */
  run(ports: OperationPorts, input: Input): Promise<Output | OperationFault>;
  /**
   * Somebody does it, if he may, with input that nobody has typed, such as the body of a request. Rejects on
   * bugs only.
   */
  runFor(actor: Actor, ports: OperationPorts, input: unknown): Promise<Output | OperationFault>;
}

/** What a use case is made from. */
interface OperationSpec<Input, Checked, Output> {
  readonly name: OperationName;
  readonly inputSchema: z.ZodType<Checked, Input>;
  /** What it shows or changes. Nothing for a list that `perform` narrows to the scope of the actor itself. */
  readonly reach: (input: Checked) => readonly Reached[];
  /** What a change is made to, for the events; absent for a use case that only reads. */
  readonly subject?: (input: Checked, actor: Actor) => string | undefined;
  /** Others that were changed with it: in the audit it stands under each of them, too. */
  readonly alsoAbout?: (input: Checked, output: Output) => readonly string[];
  readonly perform: (
    ports: OperationPorts,
    input: Checked,
    actor: Actor,
  ) => Promise<Output | OperationFault | RegistryFault>;
}

/** Makes a use case. */
export function defineOperation<Input, Checked, Output>(
  spec: OperationSpec<Input, Checked, Output>,
): Operation<Input, Output> {
  const { name, inputSchema, reach, subject, alsoAbout, perform } = spec;
  async function runFor(
    actor: Actor,
    ports: OperationPorts,
    input: unknown,
  ): Promise<Output | OperationFault> {
    const checked = inputSchema.safeParse(input);
    if (!checked.success) return invalidInput(checked.error);
    const why = await whyNotPermitted(ports, actor, name, reach(checked.data));
    const answer = why ?? (await perform(ports, checked.data, actor));
    const outcome = isRegistryFault(answer) ? faultOfRegistry(answer) : answer;
    const about = subject?.(checked.data, actor);
    if (about !== undefined) {
      const word = isOperationFault(outcome) ? outcome.operationFault : "done";
      ports.events.operationDone({ operation: name, subject: about, outcome: word });
      const others = isOperationFault(outcome) ? [] : (alsoAbout?.(checked.data, outcome) ?? []);
      const [at, by] = [new Date(), { actor: actor.name, address: actor.address }];
      for (const each of [about, ...others]) {
        ports.audit.record({ at, action: name, outcome: word, subject: each, ...by });
      }
      // Who is told that it is done finds it in the audit, whatever becomes of this process.
      if (word === "done") await ports.audit.flush();
    }
    return outcome;
  }
  return { name, inputSchema, runFor, run: async (ports, input) => runFor(theServer, ports, input) };
}

/** Names the fields, never their values: one of them may be a password. */
function invalidInput(error: z.ZodError): OperationFault {
  const sentences = error.issues.map(({ path, message }) =>
    path.length === 0 ? `${message}.` : `The ${path.join(".")} ${message}.`,
  );
  return { operationFault: "invalid-input", message: sentences.join(" ") };
}
