import { type View, WHOLE } from "@poplar/maildrop";

/** A view as one short string: `*` for the whole maildrop, `=john` for the local part john. */
export const viewField = (view: View): string => (view.kind === "whole" ? "*" : `=${view.localPart}`);

/** The inverse of `viewField`. */
export const viewOfField = (field: string): View =>
  field === "*" ? WHOLE : { kind: "local-part", localPart: field.slice(1) };
