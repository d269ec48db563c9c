"""The regulator's witness: a service of its own, with its own key and state, that cosigns what only ever grows."""
