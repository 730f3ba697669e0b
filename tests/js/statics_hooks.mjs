/** Node's hook (module.register): "../../streaming/js/x.js" as a page would find it. */

export function resolve(specifier, context, next) {
  const app = /^\.\.\/\.\.\/(\w+)\/js\//.exec(specifier)?.[1];
  if (!app) return next(specifier, context);
  const path = `../../${app}/static/${specifier.replace("../../", "")}`;
  return next(new URL(path, import.meta.url).href, context);
}
