import { isRegistryFault, type RegistryFault } from "@poplar/maildrop";
import type { z } from "zod";
import { faultOfRegistry, isOperationFault, type OperationFault } from "./operation-fault.ts";
import type { OperationPorts } from "./ports.ts";

/** A use case: one thing that an operator can do. */
export interface Operation<Input, Output> {
  /** e.g. `add-login`; in the events and the audit. */
  readonly name: string;
  /** Checks, and brings names into their canonical form. */
  readonly inputSchema: z.ZodType<unknown, Input>;
  /** Checks the input, does it, and reports it if it is a change. Rejects on bugs only. */
  run(ports: OperationPorts, input: Input): Promise<Output | OperationFault>;
  /** The same for input that nobody has typed, such as the body of a request. */
  runUntyped(ports: OperationPorts, input: unknown): Promise<Output | OperationFault>;
}

/** What a use case is made from. */
interface OperationSpec<Input, Checked, Output> {
  readonly name: string;
  readonly inputSchema: z.ZodType<Checked, Input>;
  /** What a change is made to, for the events; absent for a use case that only reads. */
  readonly subject?: (input: Checked) => string;
  readonly perform: (
    ports: OperationPorts,
    input: Checked,
  ) => Promise<Output | OperationFault | RegistryFault>;
}

/** Makes a use case. */
export function defineOperation<Input, Checked, Output>(
  spec: OperationSpec<Input, Checked, Output>,
): Operation<Input, Output> {
  const { name, inputSchema, subject, perform } = spec;
  async function run(ports: OperationPorts, input: unknown): Promise<Output | OperationFault> {
    const checked = inputSchema.safeParse(input);
    if (!checked.success) return invalidInput(checked.error);
    const answer = await perform(ports, checked.data);
    const outcome = isRegistryFault(answer) ? faultOfRegistry(answer) : answer;
    if (subject !== undefined) {
      const word = isOperationFault(outcome) ? outcome.operationFault : "done";
      const about = subject(checked.data);
      ports.events.operationDone({ operation: name, subject: about, outcome: word });
      ports.audit.record({ at: new Date(), action: name, outcome: word, subject: about });
    }
    return outcome;
  }
  return { name, inputSchema, run, runUntyped: run };
}

/** Names the fields, never their values: one of them may be a password. */
function invalidInput(error: z.ZodError): OperationFault {
  const sentences = error.issues.map(({ path, message }) =>
    path.length === 0 ? `${message}.` : `The ${path.join(".")} ${message}.`,
  );
  return { operationFault: "invalid-input", message: sentences.join(" ") };
}
