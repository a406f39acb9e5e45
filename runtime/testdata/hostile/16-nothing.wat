(module binary)
