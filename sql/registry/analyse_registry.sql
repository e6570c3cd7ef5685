-- Lets the planner know what the first delivery of a body brought: what comes after it would else scan in circles.
analyze registry.identifier, registry.person, registry.contact, registry.representative
