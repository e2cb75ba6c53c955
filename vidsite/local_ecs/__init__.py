"""An ECS for one machine, for trying and testing: moto answers as ECS does, and tasks run as processes here."""
