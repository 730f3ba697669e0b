/**
 * Lets modules of one app import those of another. In a page all static files lie in one folder,
 * and in the repository each app has its own: import this first, and then what is tested by
 * `await import(...)`.
 */
import { register } from "node:module";

register("./statics_hooks.mjs", import.meta.url);
