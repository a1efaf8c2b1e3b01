import type { PageEntry } from "./page.ts";
import { activityPage, auditPage } from "./pages/audit-page.ts";
import { codesPage } from "./pages/codes-page.ts";
import { domainsPage } from "./pages/domains-page.ts";
import { leasesPage } from "./pages/leases-page.ts";
import { loginsPage } from "./pages/logins-page.ts";
import { maildropsPage } from "./pages/maildrops-page.ts";
import { overviewPage } from "./pages/overview-page.ts";
import { ownDeletedPage, ownMailPage, ownPasswordsPage } from "./pages/own-pages.ts";
import { fleetPolicyPage } from "./pages/policy-page.ts";
import { sessionsPage } from "./pages/sessions-page.ts";
import { tenantsPage } from "./pages/tenants-page.ts";
import { tokensPage } from "./pages/tokens-page.ts";
import type { Visit } from "./visit.ts";

const operatorPages: readonly PageEntry[] = [
  { path: "overview", title: "Overview", needs: "show-statistics", open: overviewPage },
  { path: "sessions", title: "Sessions", needs: "list-sessions", open: sessionsPage },
  { path: "leases", title: "Leases", needs: "show-lease", open: leasesPage },
  { path: "logins", title: "Logins", needs: "list-logins", open: loginsPage },
  { path: "maildrops", title: "Maildrops", needs: "list-maildrops", open: maildropsPage },
  { path: "domains", title: "Domains", needs: "list-domains", open: domainsPage },
  { path: "tenants", title: "Tenants", needs: "list-tenants", open: tenantsPage },
  { path: "policy", title: "Mail policy", needs: "show-fleet-mail-policy", open: fleetPolicyPage },
  { path: "tokens", title: "Tokens", needs: "list-tokens", open: tokensPage },
  { path: "audit", title: "Audit", needs: "search-audit", open: auditPage },
];

const ownPages: readonly PageEntry[] = [
  { path: "mail", title: "My mail", needs: "list-sessions", open: ownMailPage },
  { path: "passwords", title: "Passwords", needs: "list-credentials", open: ownPasswordsPage },
  { path: "codes", title: "One-time codes", needs: "confirm-totp", open: codesPage },
  { path: "deleted", title: "Deleted mail", needs: "list-hidden-messages", open: ownDeletedPage },
  { path: "activity", title: "Activity", needs: "search-audit", open: activityPage },
];

/** The pages that somebody is offered: what he may not do is not there. The API refuses it all the same. */
export const pagesFor = ({ access, may }: Visit): readonly PageEntry[] =>
  (access.role === "self" ? ownPages : operatorPages).filter(({ needs }) => may(needs));
