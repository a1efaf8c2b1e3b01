import { render } from "lit-html";
import { Console } from "./console.ts";

const root = document.querySelector<HTMLElement>("#console");
if (root !== null) {
  const page = new Console((view) => render(view, root));
  await page.start();
}
