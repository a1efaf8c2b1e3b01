import type { WireContent } from "@poplar/maildrop";
import { isRefusal, type Refusal } from "./refusal.ts";
import type { SpooledMessage } from "./spooled-message.ts";

/** Reads a message to its end into the spool; also one that is refused, for LMTP answers after its end. */
export async function takeIn(
  source: AsyncIterable<Uint8Array>,
  message: SpooledMessage,
  octetsMax: number,
): Promise<WireContent | Refusal> {
  let refusal: Refusal | undefined;
  try {
    for await (const chunk of source) {
      refusal ??= await message.append(chunk);
      if (message.octets > octetsMax) refusal ??= { reason: "message-too-big" };
    }
  } catch (cause) {
    return { reason: "message-cut-short", cause };
  }
  if (refusal !== undefined) return refusal;
  const content = await message.finish();
  return !isRefusal(content) && content.octets > octetsMax ? { reason: "message-too-big" } : content;
}
