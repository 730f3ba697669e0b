"""Static files under hashed names, ES modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed files; `import` paths inside ES modules are rewritten as well."""

    support_js_module_import_aggregation = True
    # A module's name is final once those of its imports are: at worst a pass for each step down.
    max_post_process_passes = 20
