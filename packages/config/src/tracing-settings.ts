import type { z } from "zod";
import { serverApps } from "./app.ts";
import type { TracingSettings } from "./config.ts";
import { optionalSetting, setting } from "./define-setting.ts";
import * as value from "./value-schemas.ts";

/** Whether sessions and deliveries leave traces. */
export const tracingShape: {
  readonly [Name in keyof TracingSettings]: z.ZodType<TracingSettings[Name]>;
} = {
  tracingEndpoint: optionalSetting(value.url(["http", "https"], "http://127.0.0.1:4318/v1/traces"), {
    group: "Operation",
    description: "Where OpenTelemetry traces of sessions and deliveries go, by OTLP over HTTP",
    placeholder: "URL",
    apps: serverApps,
    fallbackText: () => "none: no traces",
  }),
  tracingOneIn: setting(value.wholeNumber(1, 1_000_000), {
    group: "Operation",
    description: "One session and one delivery in so many is traced",
    placeholder: "COUNT",
    apps: serverApps,
    fallback: () => 1,
  }),
};
