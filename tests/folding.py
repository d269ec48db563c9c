"""The plain fold over a service's whole log: the oracle for what its books say."""

from wasteledger.domain.history import History
from wasteledger.flows.service import Service
from wasteledger.store.ledger import Ledger


def history_of(service: Service) -> History:
    """Everything the log tells, folded from entry 0."""
    history = History()
    with service.database.read() as connection:
        for _, content in Ledger(connection).contents():
            history.add(content)
    return history
