import type { CredentialEntry, NewAppPassword, SubjectInput, TotpEnrolment } from "@poplar/operations";
import type { Command } from "commander";
import { entryLimit, examples, networkList } from "../arguments.ts";
import { timeText } from "../printer.ts";
import type { Tools } from "../tools.ts";

const pathOf = (name: string): string => `/logins/${encodeURIComponent(name)}`;

/** What opens a login beside its password. */
export function addCredentialCommands(login: Command, tools: Tools): void {
  addAppPasswordCommands(login, tools);
  addTotpCommands(login, tools);
  addSubjectCommands(login, tools);
  addRestrictCommand(login, tools);

  login
    .command("credentials")
    .description("list what opens a login")
    .argument("<login>")
    .action(async (name: string) => showCredentials(tools, name, () => true));

  login
    .command("remove-second-password")
    .description("take the second password of a login away")
    .argument("<login>")
    .action(async (name: string) => {
      await tools.api().call({ method: "DELETE", path: `${pathOf(name)}/second-password` });
      tools.printer.done(undefined, `Removed the second password of ${name}.`);
    });
}

function addAppPasswordCommands(login: Command, tools: Tools): void {
  const appPassword = login
    .command("app-password")
    .description("passwords for one device or program each, which can be taken back by themselves");

  appPassword
    .command("add")
    .description("make an app password and show it, this once")
    .argument("<login>")
    .requiredOption("--label <label>", "what it is for, e.g. phone")
    .option("--networks <networks>", "the only networks that it opens from, e.g. 192.0.2.0/24", networkList)
    .option("--expires-in-days <days>", "when it ends", entryLimit)
    .addHelpText("after", examples("poplar login app-password add alice@example.test --label phone"))
    .action(
      async (
        name: string,
        options: { label: string; networks?: readonly string[]; expiresInDays?: number },
      ) => {
        const added = await tools
          .api()
          .call<NewAppPassword>({ method: "POST", path: `${pathOf(name)}/app-passwords`, body: options });
        tools.printer.detail(added, [
          ["login", name],
          ["label", options.label],
          ["password", added.password],
          ["ends", added.expiresAt === null ? "never" : timeText(added.expiresAt)],
          ["", "Nobody can read the password again."],
        ]);
      },
    );

  appPassword
    .command("list")
    .description("list the app passwords of a login, without the passwords")
    .argument("<login>")
    .action(async (name: string) => showCredentials(tools, name, ({ kind }) => kind === "app-password"));

  appPassword
    .command("revoke")
    .description("take an app password back")
    .argument("<login>")
    .requiredOption("--label <label>", "which one")
    .action(async (name: string, { label }: { label: string }) => {
      await tools.api().call({ method: "DELETE", path: `${pathOf(name)}/app-passwords`, query: { label } });
      tools.printer.done(undefined, `Revoked the app password ${label} of ${name}.`);
    });
}

function addTotpCommands(login: Command, tools: Tools): void {
  const totp = login.command("totp").description("one-time codes as a second factor");

  totp
    .command("enroll")
    .description("switch one-time codes on: the password alone opens nothing then, app passwords do")
    .argument("<login>")
    .option("--password-suffix", "let the code stand at the end of the password")
    .action(async (name: string, options: { passwordSuffix?: true }) => {
      const enrolment = await tools.api().call<TotpEnrolment>({
        method: "POST",
        path: `${pathOf(name)}/totp`,
        body: { mayFollowPassword: options.passwordSuffix === true },
      });
      tools.printer.detail(enrolment, [
        ["login", name],
        ["secret", enrolment.secret],
        ["for a QR code", enrolment.uri],
        ["", "Nobody can read the secret again. Programs that know of no codes need app passwords now."],
      ]);
    });

  totp
    .command("disable")
    .description("switch one-time codes off")
    .argument("<login>")
    .action(async (name: string) => {
      await tools.api().call({ method: "DELETE", path: `${pathOf(name)}/totp` });
      tools.printer.done(undefined, `The password of ${name} opens its maildrop alone again.`);
    });
}

interface SubjectWords {
  readonly command: string;
  readonly kind: SubjectInput["kind"];
  readonly description: string;
  readonly argument: string;
  readonly example: string;
}

const subjects: readonly SubjectWords[] = [
  {
    command: "principal",
    kind: "kerberos-principal",
    description: "Kerberos principals, for GSSAPI and KPOP",
    argument: "<principal>",
    example: "alice@EXAMPLE.TEST",
  },
  {
    command: "certificate",
    kind: "client-certificate",
    description: "client certificates, for EXTERNAL: sha256:…, subject:… or email:…",
    argument: "<certificate>",
    example: "email:alice@example.test",
  },
  {
    command: "oauth-subject",
    kind: "oauth-subject",
    description: "subjects of OAuth tokens, for OAUTHBEARER and XOAUTH2: issuer and subject",
    argument: "<subject>",
    example: "'https://id.example.test 8c1f'",
  },
];

/** Names by which somebody else vouches. */
function addSubjectCommands(login: Command, tools: Tools): void {
  for (const { command, kind, description, argument, example } of subjects) {
    const group = login.command(command).description(description);
    group
      .command("add")
      .description("let in who shows it")
      .argument("<login>")
      .argument(argument)
      .addHelpText("after", examples(`poplar login ${command} add alice@example.test ${example}`))
      .action(async (name: string, subject: string) => {
        const body = { kind, subject };
        const added = await tools
          .api()
          .call<CredentialEntry>({ method: "POST", path: `${pathOf(name)}/subjects`, body });
        tools.printer.done(added, `${subject} opens ${name}.`);
      });
    group
      .command("list")
      .description("list them")
      .argument("<login>")
      .action(async (name: string) => showCredentials(tools, name, (each) => each.kind === kind));
    group
      .command("remove")
      .description("take it back")
      .argument("<login>")
      .argument(argument)
      .action(async (name: string, subject: string) => {
        await tools
          .api()
          .call({ method: "DELETE", path: `${pathOf(name)}/subjects`, query: { kind, subject } });
        tools.printer.done(undefined, `${subject} opens ${name} no longer.`);
      });
  }
}

function addRestrictCommand(login: Command, tools: Tools): void {
  login
    .command("restrict")
    .description("say under which circumstances alone a login opens; without flags: under all")
    .argument("<login>")
    .option("--mechanisms <names>", "e.g. SCRAM-SHA-256,GSSAPI; USER is USER and PASS", networkList)
    .option("--networks <networks>", "e.g. 192.0.2.0/24,2001:db8::/32", networkList)
    .option("--require-tls", "only under TLS")
    .action(
      async (
        name: string,
        options: { mechanisms?: readonly string[]; networks?: readonly string[]; requireTls?: true },
      ) => {
        const { mechanisms, networks, requireTls } = options;
        const body = { mechanisms, networks, requiresTls: requireTls === true };
        await tools.api().call({ method: "PUT", path: `${pathOf(name)}/restrictions`, body });
        tools.printer.done(undefined, `Changed what restricts ${name}.`);
      },
    );
}

async function showCredentials(
  tools: Tools,
  name: string,
  isWanted: (entry: CredentialEntry) => boolean,
): Promise<void> {
  const entries = await tools.api().list<CredentialEntry>(`${pathOf(name)}/credentials`);
  tools.printer.table(
    entries.filter(isWanted),
    [
      ["KIND", ({ kind }) => kind],
      ["LABEL", ({ label, subject }) => label ?? subject ?? ""],
      ["NETWORKS", ({ networks }) => networks.join(",") || "all"],
      ["ADDED (UTC)", ({ createdAt }) => timeText(createdAt)],
      ["ENDS (UTC)", ({ expiresAt }) => (expiresAt === null ? "never" : timeText(expiresAt))],
      ["LAST USED (UTC)", ({ lastUsedAt }) => (lastUsedAt === null ? "" : timeText(lastUsedAt))],
    ],
    `${name} has none.`,
  );
}
