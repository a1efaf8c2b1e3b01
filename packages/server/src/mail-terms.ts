import type { MailPolicy, PolicyBounds } from "@poplar/maildrop";
import type { MailTerms } from "@poplar/protocol";
import type { PopService } from "./pop-service.ts";

/** What is true of every login, as a session says it. */
export const termsFrom = (bounds: () => PolicyBounds): (() => MailTerms) => {
  return () => {
    const { retentionDaysMin, loginDelaySecondsMax } = bounds();
    return { retentionDays: retentionDaysMin, loginDelaySeconds: loginDelaySecondsMax };
  };
};

/** What is true of one; `undefined` where nothing is said of all. */
export function termsOf(
  { policyBounds }: Pick<PopService, "policyBounds">,
  policy: MailPolicy | undefined,
): MailTerms | undefined {
  if (policyBounds === undefined) return undefined;
  // RFC 2449 §6.7: 0 where what is retrieved does not stay.
  const retentionDays = policy?.removesRetrieved === true ? 0 : policy?.retentionDays;
  return { retentionDays, loginDelaySeconds: policy?.loginDelaySeconds ?? 0 };
}
