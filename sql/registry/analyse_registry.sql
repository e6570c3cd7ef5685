-- Lets the planner know what a delivery brought: the first planning after the first delivery would else scan in circles.
analyze registry.identifier, registry.person, registry.affiliation, registry.contact, registry.representative
