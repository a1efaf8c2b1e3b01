import {
  type Contender,
  type ContenderOptions,
  dovecot,
  idleOctetsOf,
  poplar,
  startPinned,
} from "./contenders.ts";
import { measureDelivery } from "./delivery.ts";
import { isDovecotHere } from "./dovecot-under-test.ts";
import { idleOctets } from "./idle.ts";
import { listingMs } from "./listing-time.ts";
import type { Mail } from "./mail-seed.ts";
import { type MeasureOptions, measure } from "./measure.ts";
import { startNull } from "./null-under-test.ts";
import {
  type Cell,
  type Column,
  cellOf,
  cellWords,
  deliveryRow,
  hasFloor,
  idleRows,
  listingRows,
  loginWaitRow,
  type Row,
  rowOf,
  rows,
} from "./row.ts";
import { hundredThousand, login, type Scenario, scenarioLogins, scenarios } from "./scenario.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** What is measured, and of which rows. */
export interface TableOptions extends MeasureOptions, ContenderOptions {
  /** The row of this name, or else those with this in their names. */
  readonly only: string;
  /** Is Dovecot measured where it is installed? */
  readonly hasPeers: boolean;
}

/** Measures all rows that are chosen, each on all servers in turn. Says on standard error how far it is. */
export class Table {
  readonly #options: TableOptions;
  readonly #contenders: readonly Contender[];
  readonly #columns: readonly { readonly name: string; readonly cells: Map<string, Cell> }[];
  readonly #floor = { name: "floor", cells: new Map<string, Cell>() };
  /** Cells that could not be measured, and why. */
  readonly failures: string[] = [];
  readonly #startedMs = performance.now();

  constructor(options: TableOptions) {
    this.#options = options;
    const isPeerMeasured = options.hasPeers && isDovecotHere();
    this.#contenders = [poplar(options), ...(isPeerMeasured ? [dovecot(options)] : [])];
    this.#columns = this.#contenders.map(({ name }) => ({ name, cells: new Map<string, Cell>() }));
  }

  /** The floor comes last. */
  get columns(): readonly Column[] {
    return [...this.#columns, this.#floor];
  }

  /** A row that cannot be measured on a server is missing there; the others are measured nevertheless. */
  async measure(): Promise<void> {
    await this.#measureWork();
    for (const row of idleRows.filter((each) => this.#isChosen(each))) {
      for (const [index, contender] of this.#contenders.entries()) {
        await this.#fill(index, row, async () => kilobytes(await idleOctetsOf(contender, row.isTls)));
      }
      await this.#fillFloor(row, async () => {
        await using server = await startNull(login.mail, this.#options.keyKind);
        return kilobytes(await idleOctets(server, row.isTls, nullConnections));
      });
    }
  }

  async #measureWork(): Promise<void> {
    await using servers = new AsyncDisposableStack();
    const running: ServerUnderTest[] = [];
    for (const contender of this.#contenders) {
      running.push(servers.use(await startPinned(contender, scenarioLogins, false)));
    }
    const seeded = new Set<Mail>();
    const seed = async (mail: Mail): Promise<void> => {
      if (seeded.has(mail)) return;
      seeded.add(mail);
      for (const server of running) await server.putMail(mail);
    };
    for (const scenario of scenarios.filter((each) => this.#isChosen(each))) {
      if (scenario.isDrain !== true) await seed(scenario.mail);
      for (const [index, server] of running.entries()) await this.#measureScenario(index, server, scenario);
      if (hasFloor(scenario)) await this.#fillFloor(rowOf(scenario), async () => this.#floorOf(scenario));
    }
    for (const [index, server] of this.#isChosen(deliveryRow) ? running.entries() : []) {
      await this.#fill(index, deliveryRow, async () =>
        cellOf(deliveryRow, await measureDelivery(server, this.#options)),
      );
    }
    for (const row of listingRows.filter((each) => this.#isChosen(each))) {
      await seed(hundredThousand);
      for (const [index, server] of running.entries()) {
        await this.#fill(index, row, async () => ({ value: await listingMs(server, row.isChanged) }));
      }
    }
  }

  async #measureScenario(index: number, server: ServerUnderTest, scenario: Scenario): Promise<void> {
    await this.#fill(index, rowOf(scenario), async () => {
      const figure = await measure(server, scenario, this.#options);
      if (scenario === login)
        this.#columns[index]?.cells.set(loginWaitRow.name, { value: figure.loginP99Ms });
      return cellOf(rowOf(scenario), figure, scenario.tls === "resumed");
    });
  }

  /** Runs of half the length: nothing happens in a null server that takes long to settle. */
  async #floorOf(scenario: Scenario): Promise<Cell> {
    const { keyKind, seconds } = this.#options;
    await using server = await startNull(scenario.mail, keyKind);
    const figure = await measure(server, scenario, { ...this.#options, seconds: seconds / 2 });
    return cellOf(rowOf(scenario), figure, scenario.tls === "resumed");
  }

  async #fillFloor(row: Row, cell: () => Promise<Cell>): Promise<void> {
    await this.#fill(this.#contenders.length, row, cell);
  }

  async #fill(index: number, row: Row, measureCell: () => Promise<Cell>): Promise<void> {
    const { name, cells } = this.#columns[index] ?? this.#floor;
    try {
      const cell = await measureCell();
      cells.set(row.name, cell);
      this.#say(`${name}: ${row.name}: ${cellWords(row, cell)}${cell.parts ?? ""}`);
    } catch (error) {
      this.failures.push(`${name}: ${row.name}: ${String(error)}`);
      this.#say(`${name}: ${row.name}: ${String(error)}`);
    }
  }

  #say(text: string): void {
    console.error(`${((performance.now() - this.#startedMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  }

  #isChosen({ name }: { readonly name: string }): boolean {
    const { only } = this.#options;
    return rows.some((row) => row.name === only) ? name === only : name.includes(only);
  }
}

const nullConnections = 2000;

const kilobytes = (octets: number): Cell => ({ value: octets / 1024 });
