"""A question in any language in, ranked English passages out."""
