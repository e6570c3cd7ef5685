-- Lets the planner know what a delivery of many newcomers brought: what comes after it would else scan in circles.
analyze registry.identifier, registry.person, registry.contact, registry.representative
