/** The one place that loads undici: with the first request, because loading it costs more than loading everything else here. */
export const loadUndici = (): Promise<typeof import("undici")> => import("undici");
