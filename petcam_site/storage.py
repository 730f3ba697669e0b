"""Static files under hashed names, ES modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed files; `import` paths inside ES modules are rewritten as well."""

    support_js_module_import_aggregation = True
