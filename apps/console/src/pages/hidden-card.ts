import type { HiddenEntry } from "@poplar/operations";
import { html, type TemplateResult } from "lit-html";
import type { MaildropApi } from "../api.ts";
import type { PageContext } from "../page.ts";
import { card, octets, table, time } from "../parts.ts";
import { LongList } from "../resource.ts";

/** Mail that was deleted and can be brought back; for its owner and for operators alike. */
export function hiddenCard(
  { update, attempt }: PageContext,
  api: MaildropApi,
  restored: () => void = () => undefined,
): { readonly view: () => TemplateResult } {
  const list = new LongList((after) => api.hidden({ after }), update);
  const restore = async (uniqueIds: readonly string[] | undefined): Promise<void> => {
    await attempt(
      () => api.restore({ uniqueIds }),
      "The mail is back. Programs that are connected see it when they connect anew.",
    );
    await list.reload();
    restored();
  };
  const view = (entries: readonly HiddenEntry[]): TemplateResult =>
    table({
      caption: "Deleted mail",
      rows: entries,
      empty: "No deleted mail is kept.",
      columns: [
        { head: "Received", cell: ({ receivedAt }) => time(receivedAt) },
        { head: "Size", cell: ({ octets: size }) => octets(size), isFigure: true },
        { head: "Deleted", cell: ({ hiddenAt }) => time(hiddenAt) },
        { head: "By", cell: ({ deletedBy }) => deletedBy },
        { head: "Kept until", cell: ({ keepUntil }) => time(keepUntil) },
        { head: "Unique-id", cell: ({ uniqueId }) => html`<code>${uniqueId}</code>` },
        {
          head: "",
          isFigure: true,
          cell: ({ uniqueId }) =>
            html`<button type="button" class="small" @click=${() => void restore([uniqueId])}>Undo</button>`,
        },
      ],
    });
  const restoreAll = html`<button type="button" @click=${() => void restore(undefined)}>Restore all</button>`;
  return {
    view: () => card("Deleted mail", list.view(view), list.entries.length > 1 ? restoreAll : ""),
  };
}
